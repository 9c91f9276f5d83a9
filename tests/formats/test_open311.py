"""Documents of Open311 in XML: what any text becomes, and what is read back."""

from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping.formats.open311 import open311_xml, read_requests_xml
from mapping.layers.texts import REFUSED


def test_lists_are_named_by_their_items_and_nothing_is_an_empty_element() -> None:
    told = {"service_code": "a&b", "attributes": [{"variable": True, "values": [{"key": 1}, {"key": None}]}]}
    assert open311_xml("service_definition", told) == (
        b"<?xml version='1.0' encoding='utf-8'?>\n<service_definition><service_code>a&amp;b</service_code><attributes>"
        b"<attribute><variable>true</variable><values><value><key>1</key></value><value><key /></value></values>"
        b"</attribute></attributes></service_definition>"
    )


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ud800b", "a\ufffeb", "a\uffffb", "a\x0bb", "a\x85b"])
def test_what_xml_cannot_hold_is_left_out(text: str) -> None:
    assert fromstring(open311_xml("errors", [{"code": 400, "description": text}])).findtext("error/description") == "ab"


@given(st.text(st.characters(codec=None), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_makes_xml_that_our_reader_reads(tmp_path: Path, text: str) -> None:
    file = tmp_path / "requests.xml"
    file.write_bytes(open311_xml("service_requests", [{"service_code": "x", "description": text}]))
    (found,) = read_requests_xml(file)
    assert found["description"] == REFUSED.sub("", text).strip()
