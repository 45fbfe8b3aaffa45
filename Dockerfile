# Two stages: the wheel is built where build tools are, and runs where they are not.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md CHANGELOG.md LICENSE ./
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY digest digest
COPY subscribers subscribers
COPY schedules schedules
COPY store store
COPY templates templates
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 digest && mkdir /data && chown digest /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 \
    DIGEST_DATABASE_URL=sqlite:////data/digest.db DIGEST_OUTBOX_DIR=/data/outbox
USER digest
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["digest", "serve", "--host", "0.0.0.0"]
