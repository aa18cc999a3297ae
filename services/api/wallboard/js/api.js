// Asks the api; an answer that is a problem becomes an error that carries its Vietnamese title and its token.

export class Problem extends Error {
  constructor(status, body) {
    super(body.title || `HTTP ${status}`);
    this.status = status;
    this.reason = body.reason || "";
    this.detail = body.detail || "";
  }
}

const TIMEOUT_MS = 15000;

export async function ask(path, query = {}, options = {}) {
  const address = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") address.searchParams.set(name, value);
  }
  const answer = await fetch(address, {
    credentials: "same-origin", cache: "no-cache", signal: AbortSignal.timeout(TIMEOUT_MS), ...options,
    headers: { Accept: "application/json", ...(options.body ? { "Content-Type": "application/json" } : {}), ...options.headers },
  });
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

export const session = () => ask("/session");
export const logIn = (key) => ask("/session", {}, { method: "POST", body: JSON.stringify({ key }) });
export const logOut = () => ask("/session", {}, { method: "DELETE" });

// Asked again once under its own id when the answer was unsure: a second message with the same id has no effect.
export async function command(path, body, method = "POST") {
  const id = crypto.randomUUID?.(); // only where the page came by https or from this machine
  const options = { method, ...(body ? { body: JSON.stringify(body) } : {}), headers: id ? { "Idempotency-Key": id } : {} };
  try {
    return await ask(path, {}, options);
  } catch (error) {
    if (!id || (error instanceof Problem && error.status < 500)) throw error;
    return ask(path, {}, options);
  }
}

// The page's own period and day, so that every link and every question of it is about the same picture.
export function chosenTime() {
  const query = new URLSearchParams(location.search);
  return { period: query.get("period"), as_of: query.get("as_of") };
}

export function link(path) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(chosenTime())) if (value) query.set(name, value);
  return query.size ? `${path}?${query}` : path;
}
