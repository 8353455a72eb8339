"""Addresses with a secret in them."""

from __future__ import annotations

SECRET = "Hunter2-s3cret"
_HOST = "127.0.0.1:9"
SECRET_ADDRESSES = (
    *(
        f"{scheme}user:{SECRET}@{_HOST}/live"
        for scheme in (
            "rtsp://",
            "RTSP://",
            "http://",
            "HTTPS://",
            "htp://",
            "rtsp:/",
            "rtsp:///",
            "",
        )
    ),
    f"rtsp:user:{SECRET}@{_HOST}/live",
    f"rtsp//user:{SECRET}@{_HOST}/live",
    f"http/user:{SECRET}@{_HOST}/live",
    f"rtsp:\\\\user:{SECRET}@{_HOST}\\live",
    f"rtsp://{SECRET}@{_HOST}/live",
    f"rtsp://user:pass/{SECRET}@{_HOST}/live",
    f"rtsp://user:pass?{SECRET}@{_HOST}/live",
    f"rtsp://user:pass#{SECRET}@{_HOST}/live",
    f"rtsp://user:pass@{SECRET}@{_HOST}/live",
    f"rtsp://user:my {SECRET}@{_HOST}/live",
    f"rtsp://user:{SECRET}",
    *(
        f"http://{_HOST}/video.mjpg?{query}"
        for query in (
            f"token={SECRET}",
            f"fps=10&key={SECRET}",
            f"auth={SECRET}&fps=10",
            f"X-Amz-Signature={SECRET}",
            f"u={SECRET}",
            f"channel=1_pw_{SECRET}",
            f"a=b;p={SECRET}",
            f"a=b?p={SECRET}",
            SECRET,
            f"{SECRET}==",
            f"url=http%3A%2F%2Fuser%3A{SECRET}%40h",
            f"a b={SECRET}".replace(" ", "%20"),
        )
    ),
    f"http://{_HOST}/video.mjpg#access_token={SECRET}",
    f"http://{_HOST}/video.mjpg#{SECRET}",
    f"HTTP://{_HOST}/video.mjpg?token={SECRET}",
    f"htps://{_HOST}/video.mjpg?token={SECRET}",
    f"{_HOST}/video.mjpg?token={SECRET}",
    f"camera.local/live?fps=10&token={SECRET}",
    f"rtsp://{_HOST}/user=admin&password={SECRET}&channel=1&stream=0.sdp",
    f"rtsp://{_HOST}/user=admin_password={SECRET}_channel=1_stream=0.sdp",
    f"srt://{_HOST}?mode=caller&passphrase={SECRET}",
    f"file:///video.mjpg?token={SECRET}",
)
