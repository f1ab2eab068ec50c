"""Workbooks as a source: .xlsx, .xlsm and .xlsb of Excel, .ods of LibreOffice."""
