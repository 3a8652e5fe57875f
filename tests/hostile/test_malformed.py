"""Requests that no browser sends: broken bodies, odd headers, hostile query strings and paths, files that lie."""

import io
import os
import struct
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from boardwell.domain.audit.models import AuditEntry
from boardwell.domain.journeys.csvfile import CsvProblem, rows_of, text_of
from boardwell.domain.vault.models import StoredFile
from boardwell.kernel import storage
from boardwell.kernel.errors import Invalid
from tests.hostile.sweep import body_of, routes
from tests.hostile.world import Filled, client_of

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def house(db: None) -> Filled:
    return Filled("acme", "alpha")


QUERIES = [
    "%00", "%00=%00", "q=%ff%fe", "q=%ED%A0%80", "q", "&&&=&=", "q=a&q=b&q[]=c", "a" * 8000, "q=" + "%25" * 2000, "after=%F0%9F%92%A9",
    "before=9" + "9" * 60, "before=-1", "before=1e5", "version=99999999999999999999", "version=٣", "a=NaN&b=Infinity", "tab=../..",
    "state=%27%22%3E&health=x&owner_id=x&search=%25&after=x", "view=board&after=zzz", "page=0&page=-1", "next=//evil.example/",
    "&".join(f"p{number}=1" for number in range(5000)),
]  # fmt: skip


def test_no_query_string_breaks_a_page(house) -> None:
    owner, contact = client_of(house.owner.person), client_of(house.contact.person)
    for route in routes():
        client = contact if route.name.startswith("portal:") else owner
        for query in QUERIES[:: 1 if os.environ.get("HOSTILE") == "all" else 3]:
            answer = client.generic("GET", route.path(house.parts), QUERY_STRING=query)
            assert answer.status_code < 500, (route.name, query[:80])
            assert "evil.example" not in answer.get("Location", ""), route.name


IDS = [
    "%00",
    "0",
    "-1",
    "٣",
    "a" * 3000,
    "..%2f..",
    "%2e%2e",
    "jrn_" + "0" * 26,
    "JRN_",
    "'",
    "%F0%9F%92%A9",
    "%ED%A0%80",
    "null",
    "undefined",
    "\\",
]


def test_no_id_in_a_path_breaks_a_page(house) -> None:
    owner, contact = client_of(house.owner.person), client_of(house.contact.person)
    for route in routes():
        client = contact if route.name.startswith("portal:") else owner
        for part in route.parts:
            path = route.path({**house.parts, part: "7" if part in {"revision", "session_id"} else "PLACE" if part != "slug" else "place"})
            for odd in IDS:
                for method in ("GET", "POST"):
                    answer = client.generic(method, path.replace("PLACE", odd).replace("/place/", f"/{odd}/"))
                    assert answer.status_code < 500, (route.name, part, odd[:40], method)


HEADERS = [
    {"Accept": "text/html;q=NaN, */*;q=9e999"}, {"Accept-Language": "x" * 5000}, {"Accept-Language": "hi-\u0900".encode().decode("latin-1")},
    {"Cookie": "session=%00; csrf=\xff; language=../../etc"}, {"Cookie": "session=" + "a" * 6000}, {"Cookie": ";;;===;;="},
    {"X-Forwarded-For": "1.2.3.4, not-an-address, ::1%eth0"}, {"X-Forwarded-Proto": "javascript"}, {"X-Forwarded-Host": "evil.example"},
    {"Host": "evil.example"}, {"Host": "[::1"}, {"Host": "a" * 300}, {"HX-Request": "true", "HX-Target": "<script>"},
    {"Range": "bytes=-1,5-2,a-b"}, {"If-Modified-Since": "never"}, {"If-None-Match": '"' * 50}, {"Content-Length": "-5"},
    {"Content-Length": "9" * 400}, {"Content-Length": "abc"}, {"Content-Type": "multipart/form-data"}, {"Content-Type": ";;;"},
    {"Content-Type": "text/html; charset=nonsense"}, {"Authorization": "Bearer \xff\xfe"}, {"Authorization": "Bearer " + "x" * 9000},
    {"Transfer-Encoding": "chunked"}, {"Expect": "100-continue"}, {"Referer": "\x00"}, {"User-Agent": "\u202e".encode().decode("latin-1")},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HEADERS)))
def test_no_header_breaks_a_page(house, number: int) -> None:
    owner, contact = client_of(house.owner.person), client_of(house.contact.person)
    for client, path in (
        (owner, "/acme/"), (owner, f"/acme/files/{house.file_id}/"), (contact, f"/p/{house.journey_id}/"), (owner, "/sign-in/login/"),
        (owner, "/api/v1/journeys"), (owner, "/"), (owner, "/healthz/"),
    ):  # fmt: skip
        for method in ("GET", "POST"):
            answer = client.generic(method, path, b"x=1", headers=HEADERS[number])
            body = body_of(answer)
            assert answer.status_code < 500, (path, method)
            assert b"evil.example" not in body + answer.get("Location", "").encode()


BODIES = [
    ("multipart/form-data; boundary=x", b""), ("multipart/form-data; boundary=x", b"--x"), ("multipart/form-data; boundary=x", b"--x--"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nhalf'),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a\r\n\r\n--x--'),
    ("multipart/form-data; boundary=" + "y" * 500, b"--y"), ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"; filename="\x00"\r\n\r\nx\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!\r\n--x--\r\n'),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(5100))),
    ("application/x-www-form-urlencoded", b"body=%ED%A0%80&name=%ff&reason=%00"), ("application/x-www-form-urlencoded", b"%" * 5000),
    ("application/x-www-form-urlencoded; charset=utf-7", b"body=+ADw-script+AD4-"), ("application/json", b"{"), ("text/plain", b"\x00" * 100),
    ("application/x-www-form-urlencoded", b"body=" + b"a" * 6_000_000),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_no_body_breaks_a_page_or_leaves_something_half_done(house, number: int) -> None:
    kind, body = BODIES[number]
    owner, contact = client_of(house.owner.person), client_of(house.contact.person)
    with house.as_owner():
        before = AuditEntry.objects.exclude(verb__in=["message.posted"]).count()
    for client, path in (
        (owner, "/acme/accounts/new/"), (owner, "/acme/people/"), (owner, "/acme/imports/"), (owner, "/acme/playbooks/new/"),
        (owner, f"/acme/journeys/{house.journey_id}/messages/post/"), (contact, f"/p/{house.journey_id}/messages/"),
        (contact, f"/p/{house.journey_id}/files/"), (contact, f"/p/{house.journey_id}/steps/papers/"), (client_of(None), "/sign-in/login/"),
        (owner, "/api/v1/accounts"),
    ):  # fmt: skip
        answer = client.generic("POST", path, body, content_type=kind)
        assert answer.status_code < 500, (path, number)
    with house.as_owner():
        assert AuditEntry.objects.exclude(verb__in=["message.posted"]).count() == before


# --- files ------------------------------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 4096)) + chunk(b"IEND", b"")


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 50_000_000)
    return out.getvalue()


REFUSED = {
    "empty": ("a.pdf", b""),
    "a program as a picture": ("a.png", b"MZ\x90\x00" + b"\0" * 100),
    "a page as a picture": ("a.png", b"<html><script>alert(1)</script>"),
    "a page as a PDF": ("a.pdf", b"<svg onload=alert(1)>"),
    "a PDF that begins late": ("a.pdf", b"GIF89a%PDF-1.7"),
    "binary as text": ("a.txt", b"abc\x00def"),
    "an unknown kind": ("a.html", b"<html>"),
    "two endings": ("a.pdf.exe", b"%PDF-1.7"),
    "an ending in disguise": ("a.\u202efdp.exe", b"%PDF-1.7"),
    "svg": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "a NUL in the name": ("a.php\x00.exe", b"%PDF-1.7"),
    "not a zip inside": ("a.docx", b"PK\x03\x05" + b"x" * 100),
    "a picture of 900 million pixels": ("big.png", png(30_000, 30_000)),
    "a bomb": ("bomb.docx", bomb()),
}
KEPT = {
    "traversal": ("../../../../etc/passwd.txt", b"x", "passwd.txt"),
    "traversal on Windows": ("..\\..\\boot.txt", b"x", "boot.txt"),
    "bidi": ("deed\u202etxt.exe.txt", b"x", "deedtxt.exe.txt"),
    "a very long name": ("n" * 5000 + ".txt", b"x", "n" * 180 + ".txt"),
    "line breaks in the name": ("a\r\nSet-Cookie: x=1.txt", b"x", "aSet-Cookie x=1.txt"),
    "quotes": ("a\"b'c;d.txt", b"x", "ab'c;d.txt"),
    "only dots": ("....txt", b"x", "txt"),
    "a PDF that is a program too": ("both.pdf", b"%PDF-1.7\n<script>alert(1)</script>", "both.pdf"),
}
"""Kept as they are: nothing here opens them, and they go out as attachments in a sandbox."""


@pytest.mark.parametrize("shape", REFUSED)
def test_a_file_that_lies_is_refused_in_words_and_nothing_is_kept(house, shape: str, settings) -> None:
    name, content = REFUSED[shape]
    before = sorted(path for path in settings.FILES_ROOT.rglob("*") if path.is_file())
    with pytest.raises(Invalid) as problem:
        storage.store(io.BytesIO(content), name)
    assert len(str(problem.value)) > 20
    contact = client_of(house.contact.person)
    answer = contact.post(f"/p/{house.journey_id}/steps/papers/", {"verb": "complete", "file_deed": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert sorted(path for path in settings.FILES_ROOT.rglob("*") if path.is_file()) == before


@pytest.mark.parametrize("shape", KEPT)
def test_a_file_with_a_hostile_name_or_inside_is_kept_under_a_path_of_ours_and_sent_inert(house, shape: str, settings) -> None:
    name, content, kept_as = KEPT[shape]
    contact = client_of(house.contact.person)
    with house.as_contact():
        stored = storage.store(io.BytesIO(content), name, accept=("txt", "png", "zip", "pdf"))
    assert (stored.name == kept_as or shape == "only dots", (settings.FILES_ROOT / stored.path).is_file()) == (True, True)
    assert (settings.FILES_ROOT / stored.path).resolve().is_relative_to(settings.FILES_ROOT.resolve())
    answer = contact.post(f"/p/{house.journey_id}/steps/papers/", {"verb": "save", "file_deed": SimpleUploadedFile(name, content)})
    assert answer.status_code in {302, 422}
    if answer.status_code == 302:
        with house.as_contact():
            kept = StoredFile.objects.order_by("-created_at").filter(step_id__gt="").first()
        sent = contact.get(f"/p/{house.journey_id}/files/{kept.id}/")
        assert body_of(sent) == content
        assert sent["Content-Disposition"].startswith("attachment;")
        assert not {"\r", "\n", "\u202e"} & set(sent["Content-Disposition"])
        assert "sandbox" in sent["Content-Security-Policy"]


def test_200_megabytes_are_refused_before_they_are_read(house) -> None:
    contact = client_of(house.contact.person)
    answer = contact.generic(
        "POST", f"/p/{house.journey_id}/files/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(200 * 1024 * 1024)
    )
    assert (answer.status_code, b"105 MB" in answer.content or b"MB" in answer.content) == (413, True)


def test_a_file_over_the_limit_is_refused_and_nothing_is_kept(house, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1024
    contact, before = client_of(house.contact.person), sorted(settings.FILES_ROOT.rglob("*"))
    sent = {"files": SimpleUploadedFile("a.txt", b"x" * 5000)}
    assert contact.post(f"/p/{house.journey_id}/files/", sent).status_code == 422
    assert [path for path in sorted(settings.FILES_ROOT.rglob("*")) if path.is_file()] == [path for path in before if path.is_file()]


CSVS = {
    "commas in quotes": (b'name,city\n"Smith, Ltd",X\n', [["Smith, Ltd", "X"]]),
    "quotes in quotes": (b'name,city\n"The ""Best""",X\n', [['The "Best"', "X"]]),
    "line breaks in quotes": (b'name,city\n"two\nlines",X\n', [["two\nlines", "X"]]),
    "CRLF": (b"name,city\r\nA,X\r\n", [["A", "X"]]),
    "CR only": (b"name,city\rA,X\r", [["A", "X"]]),
    "a mark in front": (b"\xef\xbb\xbfname,city\nA,X\n", [["A", "X"]]),
    "UTF-16": ("name,city\nÄ,X\n".encode("utf-16"), [["Ä", "X"]]),
    "UTF-16 big": (b"\xfe\xff" + "name,city\nÄ,X\n".encode("utf-16-be"), [["Ä", "X"]]),
    "Windows": ("name,city\nÄ,X\n".encode("cp1252"), [["Ä", "X"]]),
    "semicolons": (b"name;city\nA;X\nB;Y\n", [["A", "X"], ["B", "Y"]]),
    "tabs": (b"name\tcity\nA\tX\nB\tY\n", [["A", "X"], ["B", "Y"]]),
    "empty lines": (b"name,city\n\n\nA,X\n,\n", [["A", "X"]]),
    "short and long rows": (b"name,city\nA\nB,Y,more,still\n", [["A"], ["B", "Y", "more", "still"]]),
    "NUL": (b"name,city\nA\x00B,X\n", [["AB", "X"]]),
    "JSON in a cell": (b'name,city\n"{""a"": 1}",X\n', [['{"a": 1}', "X"]]),
}


@pytest.mark.parametrize("shape", CSVS)
def test_the_edges_of_csv_are_read_as_they_are_meant(shape: str) -> None:
    raw, rows = CSVS[shape]
    headers, found = rows_of(text_of(raw))
    assert headers == ["name", "city"]
    assert [values for _line, values in found] == rows


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n", b",,,\n1,2,3", b"\xff\xfe", b'name\n"never closed' + b"x" * 200_000, b"name\n" + b"x" * 1_100_000, b"a," * 300 + b"\n1"],
)
def test_what_is_no_csv_is_refused_in_words(house, raw: bytes) -> None:
    owner = client_of(house.owner.person)
    with pytest.raises(CsvProblem):
        list(rows_of(text_of(raw))[1])
    answer = owner.post("/acme/imports/", {"file": SimpleUploadedFile("a.csv", raw)})
    assert answer.status_code == 422


def test_refused_cells_that_a_spreadsheet_would_run_go_out_inert(house) -> None:
    from boardwell.domain.journeys.actions.import_accounts import start_import, upload_import
    from boardwell.kernel.tasks.worker import run_until_idle

    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"]
    with house.as_owner():
        run_id = upload_import(io.BytesIO(("Name,Contact email\n" + "".join(f"A,{cell}\n" for cell in cells)).encode()), "a.csv")
        start_import(run_id, mapping={"name": "Name", "contact_email": "Contact email"})
    run_until_idle()
    told = body_of(client_of(house.owner.person).get(f"/acme/imports/{run_id}/refused/")).decode()
    for line in told.splitlines()[1:]:
        for cell in line.split(","):
            assert not cell.strip('"').startswith(("=", "+", "-", "@", "\t")), line


YAMLS = {
    "aliases": "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "billion laughs": "a: &a [l,l,l,l]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *{'a' if n == 0 else f'b{n - 1}'}]\n" for n in range(30)),
    "deep": "a: " + "[" * 3000 + "]" * 3000,
    "deep maps": "\n".join(" " * n + f"k{n}:" for n in range(400)),
    "python tags": "!!python/object/apply:os.system ['true']",
    "own tags": "boardwell: !mine 1",
    "doubled keys": "boardwell: 1\nboardwell: 2",
    "huge number": "boardwell: " + "9" * 5000,
    "not a number": "boardwell: .nan",
    "merge": "a: &a {x: 1}\nb: {<<: *a}",
    "many documents": "---\na: 1\n---\nb: 2",
    "binary": "a: !!binary 'AAAA'",
    "a timestamp": "boardwell: 2026-01-01T00:00:00Z",
    "tabs": "a:\n\t- b",
    "nothing": "",
    "a list": "[]",
    "big": "a: " + "x" * 1_100_000,
}  # fmt: skip


@pytest.mark.parametrize("shape", YAMLS)
def test_a_hostile_playbook_is_named_faulty_and_costs_nothing(house, shape: str) -> None:
    owner = client_of(house.owner.person)
    with house.as_owner():
        before = AuditEntry.objects.count()
    check = owner.post("/acme/playbooks/check/", {"source": YAMLS[shape]})
    assert check.status_code in {200, 422}
    sent = owner.post("/acme/playbooks/new/", {"file": SimpleUploadedFile("a.yaml", YAMLS[shape].encode())})
    assert sent.status_code in {302, 422}
    with house.as_owner():
        assert AuditEntry.objects.count() == before, "a document that cannot be read makes no playbook"
