# etc: the configuration that is shipped, and the one of the demo. An existing file is kept.
EXTRA_DIST += etc/pktgend.conf etc/demo.conf

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)"
	test -e "$(DESTDIR)$(sysconfdir)/pktgend.conf" || \
		$(INSTALL_DATA) $(srcdir)/etc/pktgend.conf "$(DESTDIR)$(sysconfdir)"

uninstall-local:
	! cmp -s $(srcdir)/etc/pktgend.conf "$(DESTDIR)$(sysconfdir)/pktgend.conf" || \
		rm -f "$(DESTDIR)$(sysconfdir)/pktgend.conf"
