FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE hour48.py manifest.yml ./
COPY bot bot
COPY handlers handlers
COPY scheduler scheduler
COPY probes probes
COPY serving serving
COPY playground playground
RUN python -m venv /opt/hour48 \
 && /opt/hour48/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/hour48/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --create-home --uid 10048 hour48
COPY --from=build /opt/hour48 /opt/hour48
ENV PATH=/opt/hour48/bin:$PATH \
    HOUR48_SERVER__HOST=0.0.0.0 \
    HOUR48_LOG__FORM=json
USER hour48
WORKDIR /home/hour48
EXPOSE 4848
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4848/healthz', timeout=4)"]
ENTRYPOINT ["hour48"]
CMD ["run"]
