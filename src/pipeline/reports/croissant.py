"""A dataset's card for machines: Croissant, the JSON-LD of MLCommons for data sets.

The file describes the table of clips beside it. The recordings themselves are not
described as a resource, for they stay on this machine; each corpus is named with its
licence and the page where it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pipeline.corpora.description import Description

CONFORMS: Final = "http://mlcommons.org/croissant/1.0"
CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The vocabulary, as the specification of version 1.0 prints it."""

COLUMNS: Final = {
    "id": ("sc:Text", "The clip: its corpus, a slash, and the name of its file."),
    "corpus": ("sc:Text", "The corpus that the clip is from."),
    "path": ("sc:Text", "The file."),
    "speaker": ("sc:Text", "The speaker, unique across corpora."),
    "sex": ("sc:Text", "female, male, or empty where it is unknown."),
    "age": ("sc:Integer", "The speaker's age in years, 0 where it is unknown."),
    "emotion": ("sc:Text", "The emotion that was acted, or the label of the corpus."),
    "intensity": ("sc:Text", "The corpus's own word for the intensity, or empty."),
    "statement": ("sc:Text", "What is said, as the corpus's code for it, or empty."),
    "repetition": ("sc:Integer", "Which take, from 1; 0 where the corpus has none."),
    "perceived": ("sc:Text", "The emotion that most listeners perceived in the voice, or empty."),
    "agreement": ("sc:Float", "The share of listeners who perceived it, 0 where it is unknown."),
    "seconds": ("sc:Float", "Length."),
    "rate": ("sc:Integer", "Samples a second."),
    "channels": ("sc:Integer", "Number of channels."),
    "depth": ("sc:Text", "Format of a sample, such as PCM_16."),
    "peak_db": ("sc:Float", "Highest absolute sample, dB of full scale."),
    "hash": ("sc:Text", "SHA-256 of the decoded samples, mixed down to mono."),
    "flags": ("sc:Text", "Defects that were found, divided by |."),
    "left_out": ("sc:Text", "Those of them that keep the clip out of recipes."),
}
"""The columns of the table of clips: type and meaning."""


def describe(
    summary: Mapping[str, Any], described: Mapping[str, Description], digest: str
) -> dict[str, Any]:
    """A dataset's card as Croissant.

    Args:
        summary: what ``summary.json`` says.
        described: what is known of its corpora, by name.
        digest: SHA-256 of the table of clips.
    """
    name = summary["dataset"]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "conformsTo": CONFORMS,
        "description": _sentences(summary, described),
        "url": next(
            (item.homepage for item in described.values() if "://" in item.homepage),
            "https://schema.org/Dataset",
        ),
        "license": [item.licence_url or item.licence for item in described.values()],
        "citeAs": " ".join(item.citation for item in described.values() if item.citation),
        "version": "1.0.0",
        "keywords": ["speech", "emotion", *summary["by_emotion"]],
        "isBasedOn": [_origin(corpus, item) for corpus, item in described.items()],
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "clips.csv",
                "name": "clips.csv",
                "description": "One row for each clip.",
                "contentUrl": "clips.csv",
                "encodingFormat": "text/csv",
                "sha256": digest,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "clips",
                "name": "clips",
                "description": "One record for each clip.",
                "key": {"@id": "clips/id"},
                "field": [_field(column) for column in COLUMNS],
            }
        ],
    }


def _sentences(summary: Mapping[str, Any], described: Mapping[str, Description]) -> str:
    kind = "clips of synthetic speech" if summary["synthetic"] else "clips of emotional speech"
    return (
        f"{summary['clips']} {kind} by {summary['speakers']} speakers, {summary['minutes']} "
        "minutes. " + " ".join(item.description for item in described.values())
    )


def _origin(corpus: str, item: Description) -> dict[str, Any]:
    origin: dict[str, Any] = {"@type": "sc:Dataset", "name": corpus, "alternateName": item.title}
    origin |= {"license": item.licence_url or item.licence}
    return origin | ({"url": item.homepage} if "://" in item.homepage else {})


def _field(column: str) -> dict[str, Any]:
    kind, meaning = COLUMNS[column]
    return {
        "@type": "cr:Field",
        "@id": f"clips/{column}",
        "name": f"clips/{column}",
        "description": meaning,
        "dataType": kind,
        "source": {"fileObject": {"@id": "clips.csv"}, "extract": {"column": column}},
    }
