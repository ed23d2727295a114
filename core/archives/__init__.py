"""Strangers' archives, read within limits in a confined child process."""

__all__ = ["child", "limits", "sandbox", "tar", "unpack", "zip_limits", "zips"]
