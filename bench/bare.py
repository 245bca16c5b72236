"""The measure of the benchmarks: a page of 24 cards from constants, by Flask and Jinja alone."""

from flask import Flask, render_template
from jinja2 import DictLoader

PAGE = """<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><title>Annonces</title><link rel="stylesheet" href="/static/base.css"></head>
<body>
<h1>Annonces</h1>
<form action="/annonces"><label for="q">Quoi</label><input id="q" name="q" value="{{ q }}">
<button>Chercher</button></form>
<ul>
{% for card in cards %}
<li><img src="{{ card.photo }}" alt="" width="640" height="480" loading="lazy">
<h3><a href="{{ card.url }}">{{ card.title }}</a></h3>
<p><b>{{ card.modes }}</b> <span>{{ card.free }}</span></p>
<p><span>{{ card.place }}</span> <span>{{ card.distance }}</span></p>
<p>{{ card.carbon }}</p></li>
{% endfor %}
</ul>
</body></html>"""

CARDS = [
    {
        "url": f"/annonces/abcdefghijk{number:02d}-feuilles-de-decor",
        "photo": f"/photos/abcdefghijk{number:02d}-320.webp",
        "title": f"Feuilles de décor 3 m, contreplaqué peint, lot {number}",
        "modes": "Don, location",
        "free": f"{number + 1} libres",
        "place": "Villeurbanne",
        "distance": f"{number} km",
        "carbon": f"évite environ {number + 20} ± 8 kgCO2e",
    }
    for number in range(24)
]

app = Flask(__name__)
app.jinja_loader = DictLoader({"page.html": PAGE})  # compiled once, as any template


@app.get("/")
def page() -> str:
    return render_template("page.html", cards=CARDS, q="feuille")
