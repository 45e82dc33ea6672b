# The server with every dependency pinned by hash. `docker compose up` runs it beside PostgreSQL: see compose.yaml.

FROM node:22-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --silent --ignore-scripts
COPY web/vite.config.ts web/tsconfig.json ./
COPY web/src src
RUN npm run --silent build

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY app app
COPY --from=web /src/app/_web app/_web
COPY migrations migrations
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --create-home anyport
COPY --from=build /venv /venv
USER anyport
# Conversations go here when DATABASE_URL names no other place; mount a volume to keep them.
WORKDIR /home/anyport
ENV HOST=0.0.0.0 PORT=8000 PATH=/venv/bin:$PATH
EXPOSE 8000
ENTRYPOINT ["anyport"]
CMD ["serve"]
