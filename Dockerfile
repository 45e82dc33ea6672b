# The server with every dependency pinned by hash. `docker compose up` runs it beside PostgreSQL: see compose.yaml.

# The images that it is made from, by digest, so that each build starts from the same bytes. Take newer ones from
# https://github.com/docker-library/repo-info (repos/…/remote), tag and digest together.
ARG NODE=node:22-slim@sha256:48e4b67d85f87bd551df43704e24d252f56cc5f8e9718841aace50f19948f0f9
ARG PYTHON=python:3.11-slim@sha256:90744cff8f32887f075c47d747a173ff333e9e98801667af93c357fa9f5e28ff

FROM ${NODE} AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --silent --ignore-scripts
COPY web/vite.config.ts web/tsconfig.json ./
COPY web/src src
RUN npm run --silent build

FROM ${PYTHON} AS build
WORKDIR /src
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY pyproject.toml hatch_build.py anyport.py README.md LICENSE ./
COPY app app
COPY --from=web /src/app/_web app/_web
COPY migrations migrations
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM ${PYTHON}
# Conversations and files go to this folder when DATABASE_URL and ATTACHMENTS_URL name no other place. It is the only one
# that the server writes to: mount a volume there to keep them, and everything else may be read-only.
RUN useradd --create-home --uid 10001 anyport \
    && install --directory --owner anyport --group anyport --mode 0700 /home/anyport/data
COPY --from=build /venv /venv
USER anyport
WORKDIR /home/anyport
ENV HOST=0.0.0.0 PORT=8000 PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health')"]
ENTRYPOINT ["anyport"]
CMD ["serve"]
