@echo off
rem Double-click: builds the game's data from the sheets, and leaves the result to be read.
chcp 65001 >nul
cd /d "%~dp0"
set PYTHONUTF8=1

rem With gdata.exe beside this file nobody needs Python.
where gdata >nul 2>nul
if exist gdata.exe (
    gdata.exe build %*
) else if %errorlevel% equ 0 (
    gdata build %*
) else (
    where py >nul 2>nul
    if errorlevel 1 (
        echo Python isn't installed. Get it from https://www.python.org/downloads/ and double-click this file again.
    ) else (
        py -c "import gdata.cli.main" >nul 2>nul || py -m pip install --user "gdata-sheets[build]"
        py -m gdata build %*
    )
)

echo.
pause
