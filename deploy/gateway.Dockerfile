# The image of the gateway: Traefik with the routes that `podium up` uses as well.
FROM traefik:v3.7
COPY deploy/gateway/traefik.yml /etc/traefik/traefik.yml
COPY podium/gateway_routes.yml /etc/traefik/routes.yml
USER 65532:65532
EXPOSE 8080
CMD ["traefik", "--configFile=/etc/traefik/traefik.yml"]
