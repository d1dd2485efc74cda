"""Records of cases: conversion to and from cases, names of fields, completeness, stamps of codings, recoding."""
