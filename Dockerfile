# The alarm server: a build stage with all tools, and a small runtime image. Debian 13, because the WebSocket library needs glibc 2.38 on Node 24.

FROM node:24-trixie-slim AS base
WORKDIR /app

# Compiles native packages where no prebuilt binary fits; none of this is in the runtime image.
FROM base AS tools
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
COPY client/package.json client/
COPY console/package.json console/

FROM tools AS build
RUN npm ci
COPY tsconfig.json ./
COPY client client
COPY console console
COPY src src
RUN npm run build

FROM tools AS dependencies
RUN npm ci --omit=dev
# What the image contains, for scanners: CycloneDX. Debian's packages are in what `docker buildx build --sbom=true` attaches.
RUN npm sbom --omit=dev --sbom-format=cyclonedx > sbom.json
# The server does not use the client and the console's sources, and of the WebSocket library's binaries for all platforms it needs one.
RUN rm -rf node_modules/@alarm-server \
 && find node_modules/uWebSockets.js -name 'uws_*.node' \
      ! -name "uws_linux_$(node -p process.arch)_$(node -p process.versions.modules).node" -delete

FROM base
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/app/data
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/sbom.json ./
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/dist/console dist/console
COPY deploy/health-check.mjs deploy/eventstoredb-rights.mjs deploy/
# The log holds password hashes: nobody else reads it. A new volume takes owner and mode from here.
RUN install --directory --owner=node --group=node --mode=700 /app/data
VOLUME /app/data
USER node
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 CMD ["node", "deploy/health-check.mjs"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
