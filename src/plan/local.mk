# plan: struct config → const struct plan.
libpktgend_a_SOURCES += \
	src/plan/plan.c src/plan/plan.h \
	src/plan/rate.c src/plan/rate.h
