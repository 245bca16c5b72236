"""Answers made smaller on the way, where their length gives nothing away."""

from flask import Flask, Response, g
from flask_compress import Compress

_compress = Compress()


def init_app(app: Flask) -> None:
    app.config.update(
        COMPRESS_REGISTER=False,  # only the answers chosen below
        COMPRESS_ALGORITHM=["br", "zstd", "gzip"],
        COMPRESS_ALGORITHM_STREAMING=["br", "zstd"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # views and static files answer these themselves
    )
    _compress.init_app(app)

    @app.after_request
    def compress(response: Response) -> Response:
        """All but the pages of somebody signed in: they hold secrets beside words that an address may bring, and
        their compressed length would tell one from the other (BREACH, 2013)."""
        if g.get("actor") is not None or "no-store" in response.headers.get("Cache-Control", ""):
            return response
        return _compress.after_request(response)
