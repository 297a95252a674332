"""A Modbus RTU meter and contactor made of somebody else's code: python3-pymodbus (Debian), on the port given.

On `tcp:PORT` it speaks Modbus TCP on loopback. With a file behind the port it is several meters without contactors, with units from 1 on: what each holds, as a
list of [FUNCTION, ADDRESS, REGISTERS IN HEXADECIMAL]; all else of such a function is refused.
"""
import asyncio
import json
import struct
import sys

from pymodbus.datastore import (
    ModbusSequentialDataBlock,
    ModbusServerContext,
    ModbusSlaveContext,
    ModbusSparseDataBlock,
)
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer


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


def held(blocks):
    return ModbusSparseDataBlock(
        {
            address + at: int(registers[4 * at : 4 * at + 4], 16)
            for _, address, registers in blocks
            for at in range(len(registers) // 4)
        }
    )


def meter(blocks):
    told = {kind: [each for each in blocks if each[0] == function] for kind, function in {"hr": 3, "ir": 4}.items()}
    return ModbusSlaveContext(**{kind: held(its) for kind, its in told.items() if its}, zero_mode=True)


slaves = {1: store}
if len(sys.argv) > 2:
    with open(sys.argv[2]) as file:
        slaves = {at + 1: meter(blocks) for at, blocks in enumerate(json.load(file))}


async def main():
    context = ModbusServerContext(slaves=slaves, single=False)
    print("ready", flush=True)
    if sys.argv[1].startswith("tcp:"):
        address = ("127.0.0.1", int(sys.argv[1].removeprefix("tcp:")))
        await StartAsyncTcpServer(context=context, address=address, ignore_missing_slaves=True)
        return
    await StartAsyncSerialServer(
        context=context,
        framer=ModbusRtuFramer,
        port=sys.argv[1],
        baudrate=9600,
        ignore_missing_slaves=True,
    )


asyncio.run(main())
