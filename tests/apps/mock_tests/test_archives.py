"""Zip files from strangers: what is refused before anything of them is read."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile

import pytest

from apps.mock_tests.rules.files.archives import Archive, ArchiveLimits, looks_like_zip
from apps.mock_tests.rules.files.unreadable import UnreadableFile


def zipped(*files, compression=zipfile.ZIP_DEFLATED):
    """A zip of names or infos with their contents."""
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, content in files:
            archive.writestr(name, content, compress_type=compression)
    return packed.getvalue()


def linked(name, target, mode=0o120777):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return zipped((info, target))


def refusal(data, **options):
    def read_all():
        archive = Archive(data, **options)
        return [archive.read(name) for name in archive]

    with pytest.raises(UnreadableFile) as caught:
        read_all()
    return caught.value.code, caught.value.path


def test_gives_files_by_their_plain_paths():
    data = zipped(
        ("a/b.xml", b"one"), ("C", b"two"), ("empty/", b""), ("windows\\name.png", b"three"), ("./x//y", b"4")
    )
    archive = Archive(io.BytesIO(data))
    assert {name: archive.read(name) for name in archive} == {
        "a/b.xml": b"one", "C": b"two", "windows/name.png": b"three", "x/y": b"4",
    }  # fmt: skip
    assert (len(archive), "C" in archive, "c" in archive, archive.find("c"), archive.find("d")) == (
        4, True, False, "C", None,
    )  # fmt: skip
    assert archive.size("C") == 3


def test_leaves_out_what_systems_add_by_themselves():
    data = zipped(("a", b"1"), ("__MACOSX/._a", b"2"), (".DS_Store", b"3"), ("b/Thumbs.db", b"4"))
    assert list(Archive(data)) == ["a"]


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "/etc/passwd", "\\\\server\\share", "C:\\a", "c:a", "..\\a", "a\\..\\..\\b", "..", "a/.."],
)
def test_refuses_paths_that_lead_elsewhere(name):
    assert refusal(zipped((name, b"x")))[0] == "path_escape"


def test_refuses_impossible_names():
    assert refusal(zipped(("a\x01b", b"")))[0] == "unsafe_name"
    assert refusal(zipped(("x" * 300, b"")))[0] == "unsafe_name"
    assert refusal(zipped(("axb", b"1")).replace(b"axb", b"a\0b"))[0] == "unsafe_name"
    assert refusal(zipped(("/".join("abcdefghijklmnopqrs"), b"")))[0] == "too_deep"
    assert refusal(zipped(("é", b"")).replace("é".encode(), b"\xff\xfe"))[0] == "broken_archive"


def test_refuses_the_same_name_twice_however_it_is_written():
    assert refusal(zipped(("a/b", b"1"), ("a/b", b"2"))) == ("duplicate_file", "a/b")
    assert refusal(zipped(("a/b", b"1"), ("a\\b", b"2"))) == ("duplicate_file", "a/b")
    assert refusal(zipped(("a/b", b"1"), ("a//./b", b"2"))) == ("duplicate_file", "a/b")


def test_refuses_links_and_devices():
    assert refusal(linked("a", "/etc/passwd")) == ("symlink", "a")
    assert refusal(linked("a", "", mode=0o020666)) == ("symlink", "a")
    assert list(Archive(linked("a", "x", mode=0o100644))) == ["a"]


def test_refuses_zips_in_zips_but_where_they_belong():
    inner = zipped(("a", b"x"))
    assert refusal(zipped(("b/inner.png", inner))) == ("nested_archive", "b/inner.png")
    assert Archive(zipped(("t.XLSX", inner)), may_nest=(".xlsx",)).read("t.XLSX") == inner
    assert refusal(zipped(("t.xml", inner)), may_nest=(".xlsx",))[0] == "nested_archive"


def test_refuses_what_becomes_too_large():
    assert refusal(zipped(("a", bytes(5_000_000)))) == ("archive_bomb", "a")
    assert refusal(zipped(("a", b"12345")), limits=ArchiveLimits(entry=4)) == ("archive_bomb", "a")
    assert refusal(zipped(("a", b"123"), ("b", b"456")), limits=ArchiveLimits(total=5)) == ("archive_bomb", "")
    assert refusal(zipped(("a", b"1"), ("b", b"1")), limits=ArchiveLimits(entries=1)) == ("too_many_files", "")
    assert refusal(zipped(("a", b"1"), ("b", b"1")), limits=ArchiveLimits(directory=60)) == ("too_many_files", "")
    assert refusal(b"x" * 100, limits=ArchiveLimits(size=99)) == ("file_too_large", "")
    with pytest.raises(UnreadableFile, match="larger than 2 bytes"):
        Archive(zipped(("a", b"123"))).read("a", most=2)


def test_counts_the_files_that_a_large_ending_names():
    """The ending that is meant for more than 65,535 files overrules the usual one."""
    data = zipped(("a", b"1"))
    start = data.rindex(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, start, 1)
    assert refusal(data[:start] + record + locator + data[start:])[0] == "too_many_files"
    assert refusal(data[:start] + locator + data[start:])[0] == "broken_archive"


def test_a_file_never_becomes_larger_than_the_list_says():
    """The list says 10 bytes where there are 100,000: what comes is cut there and found wrong."""
    data = bytearray(zipped(("a", b"x" * 100_000)))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<L", 10)
    assert refusal(bytes(data)) == ("broken_archive", "a")


def test_refuses_files_that_share_their_bytes():
    one = zipped(("a", b"x" * 1_000), compression=zipfile.ZIP_STORED)
    start, end = one.index(b"PK\x01\x02"), one.rindex(b"PK\x05\x06")
    entry = one[start:end]
    doubled = entry + entry[:46] + b"b" + entry[47:]
    ending = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(doubled), start, 0)
    assert refusal(one[:start] + doubled + ending)[0] == "archive_bomb"


def test_refuses_passwords_and_rare_compressions():
    data = bytearray(zipped(("a", b"x")))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    assert refusal(bytes(data)) == ("encrypted", "a")
    assert refusal(zipped(("a", b"x" * 99), compression=zipfile.ZIP_LZMA)) == ("unknown_compression", "a")


def test_refuses_what_is_no_zip_or_damaged():
    whole = zipped(("a", b"x" * 5_000))
    assert refusal(b"")[0] == refusal(b"PK")[0] == refusal(whole[:40])[0] == refusal(whole[:-30])[0] == "not_zip"
    assert refusal(whole[:40] + b"??" + whole[42:]) == ("broken_archive", "a")
    assert refusal(whole.replace(b"a", b"b", 1)) == ("broken_archive", "a")


def test_knows_zips_by_how_they_begin():
    assert looks_like_zip(zipped(("a", b"")))
    assert looks_like_zip(zipped())
    assert not looks_like_zip(b"<quiz/>")
