"""What pair distribution functions need: records, and PDFfit2 as a forward model behind one thin adapter."""
