# gdata as a command, for machines without Python: docker run --rm -v "$PWD:/game" gdata build
#
# The login to Google is mounted, never built in:
#   docker run --rm -v "$PWD:/game" -v "$HOME/key.json:/run/secrets/google.json:ro" \
#     -e GOOGLE_APPLICATION_CREDENTIALS=/run/secrets/google.json gdata build
FROM python:3.13-slim AS made
RUN python -m venv /opt/gdata
ENV PATH=/opt/gdata/bin:$PATH
COPY . /src
# An index of your own needs a password: docker build --secret id=pip,src=pip.conf .
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    pip install '/src[build,s3,gcs]'

FROM python:3.13-slim
COPY --from=made /opt/gdata /opt/gdata
RUN useradd --create-home --uid 10001 gdata && install --directory --owner=gdata /game
ENV PATH=/opt/gdata/bin:$PATH PYTHONUTF8=1
USER 10001
WORKDIR /game
ENTRYPOINT ["gdata"]
CMD ["--help"]
