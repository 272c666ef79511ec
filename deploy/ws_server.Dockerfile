# The image of ws_server: the libraries, contest/ and ws_server/, nothing of the other processes.
# The first stage is the same in every image; it is built once and taken from the cache by the others.
FROM python:3.11-slim-bookworm AS libraries
COPY deploy/images.lock /images.lock
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /images.lock

FROM python:3.11-slim-bookworm
COPY --from=libraries /venv /venv
COPY deploy/entrypoint.sh /entrypoint.sh
COPY contest /podium/contest
COPY ws_server /podium/ws_server
WORKDIR /podium
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PODIUM_HOST=0.0.0.0 PODIUM_PORT=8000
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["/entrypoint.sh"]
CMD ["python", "-m", "ws_server"]
