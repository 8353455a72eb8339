# livepose for machines without a screen: the live view is a page in a browser. See docs/container.md.
#
#     docker build -t livepose .
#     docker run --rm -p 127.0.0.1:8000:8000 livepose
#
# Every package is a wheel, so nothing is compiled, and no package of the system is needed:
# opencv-python-headless is OpenCV without windows. TensorFlow is left out (2 GB): it only converts
# models.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    LIVEPOSE_CACHE=/models

WORKDIR /src
RUN pip install numpy 'opencv-python-headless<6' 'av<20' ai-edge-litert flatbuffers lazy-loader \
    'typer<0.26' 'click<8.4' rich platformdirs scipy matplotlib orjson msgspec python-osc websockets \
    starlette 'uvicorn<0.55' cryptography segno ifaddr
COPY pyproject.toml README.md LICENSE ./
COPY livepose livepose
RUN pip install --no-deps .

# The model that is baked in. With `--build-arg MODEL=` there is none: mount a folder that has it at
# /models.
ARG MODEL=lightning
RUN mkdir -p /models /out && if [ -n "$MODEL" ]; then livepose models get "$MODEL"; fi \
    && chown -R 10001:10001 /models /out

# Neither root nor any user of the host. Members of the group video may open cameras (compose.yaml).
USER 10001:10001
ENV HOME=/out
# Pictures and recordings that a button saves.
WORKDIR /out
VOLUME /out
EXPOSE 8000

# Without its token the page answers 401, and is well all the same.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
    python -c "import http.client; page = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); page.request('GET', '/'); assert page.getresponse().status in (200, 401)"

ENTRYPOINT ["livepose"]
CMD ["--demo", "--web", "0.0.0.0:8000"]
