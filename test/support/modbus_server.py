"""A Modbus RTU meter and contactor made of somebody else's code: python3-pymodbus (Debian), on the port given."""
import asyncio
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server import StartAsyncSerialServer


def words(value):
    return struct.unpack(">HH", struct.pack(">f", value))


registers = [0] * 0x200
for address, value in {0x0000: 230.2, 0x000C: 0.0, 0x0048: 1234.56, 0x004A: 28.77, 0x0156: 1263.33}.items():
    registers[address : address + 2] = words(value)

store = ModbusSlaveContext(
    ir=ModbusSequentialDataBlock(0, registers),
    hr=ModbusSequentialDataBlock(0, [0x42C8, 0x0000]),
    co=ModbusSequentialDataBlock(0, [False] * 8),
    zero_mode=True,
)


async def main():
    print("ready", flush=True)
    await StartAsyncSerialServer(
        context=ModbusServerContext(slaves={1: store}, single=False),
        framer=ModbusRtuFramer,
        port=sys.argv[1],
        baudrate=9600,
        ignore_missing_slaves=True,
    )


asyncio.run(main())
