"""Folders of images, one a class: what the folders mean, and the images in them decoded."""

__all__ = ["pictures", "reader"]
