"""Forms: whatever is put in comes out, byte for byte."""

from hypothesis import given
from hypothesis import strategies as st

from serving.api.forms import form, parameters

NAMES = st.text(alphabet="abcdef_-9", min_size=1, max_size=8)


def written(fields: dict[str, str], files: list[tuple[str, bytes]], boundary: str) -> bytes:
    parts = [f'name="{name}"\r\n\r\n'.encode() + text.encode() for name, text in fields.items()]
    for name, content in files:
        shown = name.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'name="file"; filename="{shown}"\r\nContent-Type: a/b\r\n\r\n'.encode() + content)
    head = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
    return b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


@given(
    st.dictionaries(NAMES, st.text(max_size=40), max_size=4),
    st.lists(st.tuples(st.text(alphabet='ab"\\ ü;.', min_size=1, max_size=9), st.binary(max_size=60)), max_size=4),
)
def test_fields_and_files_come_out_as_they_were_put_in(fields: dict[str, str], files: list[tuple[str, bytes]]) -> None:
    if not fields and not files:
        return
    boundary = "a-boundary-of-thirty-two-letters"
    found = form(written(fields, files, boundary), f'multipart/form-data; boundary="{boundary}"')
    assert found.fields == fields
    assert [(file.name, file.data, file.media_type) for file in found.files] == [(*file, "a/b") for file in files]


def test_parameters_are_found_in_quotes_and_without() -> None:
    assert parameters('a/b; Charset=utf-8; name="x; \\"y\\""') == {"charset": "utf-8", "name": 'x; "y"'}
