/** The adapter's name, the same whenever it is plugged in. `unplug` and `plug` are programs in the guest. */
export const ADAPTER = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_kiosk-if00-port0";

/** The other end of the adapter's wire, where a simulator plays the device. */
export const FAR_END = "/dev/ttyS1";
