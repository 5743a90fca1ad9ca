from pathlib import Path


def put_new(path: Path, data: bytes) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            file.write(data[len(data) // 2 :])
    except FileExistsError:
        return False
    except OSError:
        path.unlink()
        raise
    return True
