FROM python:3.12-slim AS wheel
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim AS packages
COPY requirements.lock /
RUN python -m venv /opt/hour48 \
 && /opt/hour48/bin/pip install --no-cache-dir --require-hashes -r /requirements.lock
COPY --from=wheel /wheels /wheels
RUN /opt/hour48/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.12-slim
# The database of one workspace lives in /data; several bots need PostgreSQL and leave it empty.
RUN useradd --create-home --uid 10048 hour48 \
 && install --directory --owner=hour48 --group=hour48 /data
COPY --from=packages /opt/hour48 /opt/hour48
ENV PATH=/opt/hour48/bin:$PATH \
    HOUR48_SERVER__HOST=0.0.0.0 \
    HOUR48_LOG__FORM=json
USER 10048:10048
WORKDIR /data
VOLUME /data
EXPOSE 4848
EXPOSE 4850
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4848/healthz', timeout=4)"]
ENTRYPOINT ["hour48"]
CMD ["run"]
