# One image for the four services, the schema, backups and the simulator: the command chooses. Versions by
# requirements.services.lock, each archive checked against its hash; nothing is compiled.
FROM python:3.11.15-slim-bookworm AS build
COPY requirements.services.lock /build/
RUN python -m venv --without-pip /opt/chitieu \
    && python -m pip --disable-pip-version-check install --no-cache-dir --only-binary=:all: --require-hashes --no-deps \
       --target /opt/chitieu/lib/python3.11/site-packages -r /build/requirements.services.lock
COPY shared /app/shared
COPY services /app/services
COPY deploy /app/deploy
# The container's file system is read-only, so what is not compiled now would be compiled at every start.
RUN /opt/chitieu/bin/python -m compileall -q /opt/chitieu/lib /app

FROM python:3.11.15-slim-bookworm
RUN groupadd --gid 10001 chitieu \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/chitieu --shell /usr/sbin/nologin chitieu \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/chitieu /backups
COPY --from=build /opt/chitieu /opt/chitieu
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/chitieu/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CHITIEU_LISTEN_HOST=0.0.0.0 CHITIEU_DATA=/var/lib/chitieu CHITIEU_BACKUPS=/backups
USER 10001:10001
CMD ["python", "-m", "services.api"]
