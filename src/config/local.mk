# config: files and JSON → struct config, every error with its place.
libpktgend_a_SOURCES += \
	src/config/config.c src/config/config.h \
	src/config/file.c \
	src/config/json.c \
	src/config/setting.c src/config/setting.h \
	src/config/value.c src/config/value.h \
	src/config/wire.h
