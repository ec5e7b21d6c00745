# json: strict and exact JSON over cJSON, for config, api and pktgenctl.
noinst_LIBRARIES += libjson.a
libjson_a_SOURCES = src/json/json.c src/json/json.h src/json/text.c src/json/text.h
libjson_a_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
