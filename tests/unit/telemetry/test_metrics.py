import os
from pathlib import Path

from widget_host.telemetry import metrics


class TestSweep:
    def test_takes_away_what_dead_processes_left(self, tmp_path: Path) -> None:
        beyond = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
        for name in (f"counter_{os.getpid()}.db", f"counter_{beyond}.db", "histogram_1.db", "note.txt"):
            (tmp_path / name).touch()
        metrics.sweep(tmp_path)
        assert {file.name for file in tmp_path.iterdir()} == {
            f"counter_{os.getpid()}.db",
            "histogram_1.db",
            "note.txt",
        }

    def test_of_a_folder_that_is_not_there_does_nothing(self, tmp_path: Path) -> None:
        metrics.sweep(tmp_path / "metrics")
        assert not (tmp_path / "metrics").exists()
