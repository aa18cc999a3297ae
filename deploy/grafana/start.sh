#!/bin/sh
# start.sh FROM TO COMMAND…: copies the dashboards with the address at which people reach the api (CHITIEU_PUBLIC_URL), since
# a file that Grafana provisions knows no environment; then becomes the command.
set -eu
from=$1
to=$2
shift 2
mkdir -p "$to"
for file in "$from"/*.json; do
    sed "s|\"http://localhost:8080\"|\"${CHITIEU_PUBLIC_URL%/}\"|g" "$file" > "$to/${file##*/}"
done
exec "$@"
