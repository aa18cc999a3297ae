"""`python -m shared.catalogue check [FOLDER]`: every fault with file and line, then the counts."""

import argparse
import sys
from pathlib import Path

from shared.catalogue.check import check_folder, report_lines


def main(arguments: list[str] | None = None) -> int:
    """0 when the catalogue is sound, 1 when it has faults; 2 for wrong arguments (argparse)."""
    parser = argparse.ArgumentParser(
        prog="python -m shared.catalogue",
        description="Danh mục của kế hoạch: chỉ tiêu, đơn vị, hệ thống, nhiệm vụ, kỳ báo cáo, ngày nghỉ.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="LỆNH")
    check = commands.add_parser("check", help="kiểm tra danh mục: in mọi lỗi kèm tệp và dòng, rồi in số lượng")
    check.add_argument("folder", nargs="?", type=Path, metavar="THƯ_MỤC", help="mặc định: danh mục đi kèm")
    options = parser.parse_args(arguments)
    if options.folder is not None and not options.folder.is_dir():
        parser.error(f"không có thư mục {options.folder}")
    report = check_folder(options.folder)
    print("\n".join(report_lines(report)))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
