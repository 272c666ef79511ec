#!/bin/sh
# Takes addresses that hold passwords from files (NAME_FILE), so that they stand in no compose file and no `docker inspect`; then becomes the process.
set -eu
for name in DATABASE_URL REDIS_URL; do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        value=$(cat "$file")
        export "$name=$value"
    fi
done
exec "$@"
