"""What an owner downloads: tables for a spreadsheet, documents for a program."""
