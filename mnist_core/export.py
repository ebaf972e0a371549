"""The command `python -m mnist_core.export NAME FILE`: writes a model as an ONNX model."""

from mnist_core.store.onnx_export import main

if __name__ == "__main__":
    main()
