# The tests in guests: run by `make check-vm` only.
vm_tools = tests/vm/guest/netkit-count
EXTRA_PROGRAMS += $(vm_tools)
tests_vm_guest_netkit_count_SOURCES = tests/vm/guest/netkit-count.c tests/bench/bpf_insn.h
CLEANFILES += $(vm_tools)
EXTRA_DIST += \
	tests/vm/cards.py \
	tests/vm/conftest.py \
	tests/vm/exchange.py \
	tests/vm/guest.py \
	tests/vm/guest/init \
	tests/vm/image.py \
	tests/vm/pytest.ini \
	tests/vm/run \
	tests/vm/test_netkit.py \
	tests/vm/test_vhost_net.py \
	tests/vm/test_vhost_user.py \
	tests/vm/test_virtio_pci.py

.PHONY: vm-tools check-vm
vm-tools: $(vm_tools)
check-vm: all $(vm_tools)
	$(top_srcdir)/tests/vm/run .
