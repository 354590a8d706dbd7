from model.document import Document


def test_the_text_with_parts_goes_through_all_containers() -> None:
    inner = Document(parts=(Document(body="deepest"),))
    assert Document("subject", "body", parts=(inner, Document(body="second"))).text_with_parts == (
        "subject\nbody\n\ndeepest\n\nsecond"
    )


def test_the_text_of_a_document_without_subject_is_its_body() -> None:
    assert Document(body="body").text == "body"
