module atlas

go 1.22.0

require (
	ariga.io/atlas v0.13.1
	ariga.io/atlas/cmd/atlas v0.13.1
	golang.org/x/tools v0.30.0
)
