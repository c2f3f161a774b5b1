from nucleoscope.data.reading.wording import counted, listed, shown


def test_counts_take_the_right_noun():
    assert counted(1, "size") == "1 size"
    assert counted(0, "size") == "0 sizes"
    assert counted(1234, "class", "classes") == "1,234 classes"


def test_what_is_shown_stays_on_one_line():
    assert shown('1.png,0\n"2.png') == '1.png,0\\n"2.png'
    assert shown("a\x1b[31m") == "a\\x1b[31m"
    assert shown("Prüfung 1.png") == "Prüfung 1.png"
    assert shown("x" * 500) == "x" * 80 + "..."


def test_lists_are_cut():
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d"]) == "a, b, c and 1 more"
