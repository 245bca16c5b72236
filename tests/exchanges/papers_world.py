"""What the tests of papers share: a counter whose rentals and sales have papers, files one sends, PDFs one reads."""

import base64
from datetime import date
from decimal import Decimal
from io import BytesIO

from pypdf import PdfReader

from marketplace.catalogue.models import Piece
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.exchanges.test_rentals import Counter, day
from tests.factories import make_listing

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
# a red point, 3 by 2
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEUlEQVR4nGP4z8AAQVAKjBgAWtAF+9eF9PQAAAAASUVORK5CYII="
)


class Papers(Counter):
    """Alice's ressourcerie rents chairs by quantity and two armchairs by piece, and sells lamps."""

    def with_pieces(self) -> None:
        """Two armchairs, FA-1 on shelf B2 and FA-2."""
        self.armchairs = make_listing(
            self.house, "Fauteuil club", category_key="chair", modes=["rent"], quantity=Decimal(2), stock_by="piece",
            weekly_rate_cents=6000, replacement_value_cents=90000, shelf="B1",
        )  # fmt: skip
        with transaction() as session:
            for code, shelf in (("FA-1", "B2"), ("FA-2", "")):
                session.add(
                    Piece(
                        listing_id=self.armchairs.id,
                        organisation_id=self.house.id,
                        code=code,
                        shelf=shelf,
                        created_at=now(),
                    )
                )

    def sold(self) -> str:
        """Three lamps, sold and handed over."""
        lamps = make_listing(self.house, "Lampes", category_key="chair", modes=["sell"], price_cents=1250)
        with transaction():
            lines = [LineRequest(lamps.public_id, 3)]
            exchange = services.request_exchange(self.bob, ExchangeRequest("sale", lines)).public_id
        self.move(self.alice, exchange, "accept")
        self.move(self.alice, exchange, "pay_offline", how="transfer", reference="VIR 7")
        self.move(self.alice, exchange, "hand_over", code=self.get(exchange).hand_over_code)
        return exchange


def papers_of(exchange: Exchange, kind: str | None = None) -> list[Document]:
    query = db.session.query(Document).filter_by(exchange_id=exchange.id)
    return (query.filter_by(kind=kind) if kind else query).order_by(Document.id).all()


def read(data: bytes) -> tuple[PdfReader, str]:
    """The PDF, and its text on one line."""
    reader = PdfReader(BytesIO(data))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    return reader, text.replace("\xa0", " ").replace("\u202f", " ")


def missing(wanted: list[str], text: str) -> list[str]:
    return [part for part in wanted if part not in text]


WEEK = (day(3), day(12))
FAR = date(2027, 12, 31)
