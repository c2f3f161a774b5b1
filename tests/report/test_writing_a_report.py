def test_x(runs):
    import shutil

    from nucleoscope.report.comparison import write_comparison
    from nucleoscope.report.writing import write_report

    for name in ("single", "both", "folds"):
        print(write_report(runs / name).stat().st_size)
    write_comparison([runs / "single", runs / "both", runs / "folds"], runs / "comparison.html")
    shutil.rmtree("/tmp/h/runs/made", ignore_errors=True)
    shutil.copytree(runs, "/tmp/h/runs/made")
