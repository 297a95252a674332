"""A whole sale by a SOAP client that knows nothing but the service's own description.

Usage: zeep_client.py ENDPOINT PHONE_URL. Prints one JSON object.
"""

import datetime
import json
import sys
import time
import urllib.request
from decimal import Decimal

from zeep import Client, Settings
from zeep.helpers import serialize_object

endpoint, phone_url = sys.argv[1:3]
client = Client(endpoint + "?wsdl", settings=Settings(strict=True, xml_huge_tree=False))
service = client.service
steps = []


def context(kind, name, password, user=None):
    principal = {"id": name, "type": kind, "userId": user}
    return {
        "channel": "WS",
        "clientId": "zeep",
        "clientReference": "zeep-1",
        "clientRequestTimeout": 0,
        "initiatorPrincipalId": principal,
        "password": password,
    }


def call(operation, who, **parameters):
    answer = serialize_object(getattr(service, operation)(context=who, **parameters), dict)
    steps.append([operation, answer["resultCode"]])
    return answer


def amount(value):
    return {"currency": "SEK", "value": Decimal(value)}


def invoice(value):
    row = {
        "itemDescription": "Wash",
        "itemQuantity": Decimal(1),
        "itemTaxRate": Decimal(25),
        "itemTotalAmount": amount(value),
    }
    return {
        "paymentMode": "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
        "acknowledgmentMode": "NO_ACKNOWLEDGMENT",
        "issueDate": datetime.datetime.now(datetime.timezone.utc),
        "title": "Zeep & Söhne <1>",
        "clientInvoiceId": "zeep-sale",
        "invoiceRows": {"invoiceRow": [row]},
        "totalAmount": amount(value),
        "cashierId": "zeep",
        "footer": "Thanks",
        "commitReservationTimeout": 3600,
    }


def parameters(**entries):
    return {"parameter": {"entry": [{"key": key, "value": value} for key, value in entries.items()]}}


def report_of(report_id, period, **more):
    for _attempt in range(50):
        answer = call("executeReport", shop, reportId=report_id, language="en",
                      parameters=parameters(transactionPeriodId=period, **more))
        if answer["resultCode"] != 2:
            return answer["report"]
        time.sleep(0.1)
    raise SystemExit("the report never became ready")


def confirm(reference):
    request = urllib.request.Request(
        phone_url + "/api/confirm",
        data=json.dumps({"invoiceReference": reference}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


shop = context("RESELLERUSER", "demo-shop", "1234", "9900")
registered = call("registerTerminal", shop, externalTerminalId="zeep/1", password="abcdefgh", name="Zeep 1")
terminal_id = registered["terminalId"]
till = context("TERMINALID", terminal_id, "abcdefgh")
call("assignSeqrId", till, seqrId="ZEEP1")

displaced = call("sendInvoice", till, invoice=invoice("10.00"))["invoiceReference"]
call("cancelInvoice", till, invoiceReference=displaced)
sent = call("sendInvoice", till, invoice=invoice("300.00"))
reference = sent["invoiceReference"]
issued = call("getPaymentStatus", till, invoiceReference=reference, invoiceVersion=0)
confirm(reference)
reserved = call("getPaymentStatus", till, invoiceReference=reference, invoiceVersion=issued["version"])
call("updateInvoice", till, invoiceReference=reference, invoice=invoice("99.45"))
call("commitReservation", till, amount=amount("99.45"), invoiceReference=reference)
paid = call("getPaymentStatus", till, invoiceReference=reference, invoiceVersion=reserved["version"])
receipt = {"mimeType": "text/html", "receiptData": b"<p>paid</p>", "receiptType": "PAYMENT_RECEIPT"}
call("submitPaymentReceipt", till, ersReference=paid["ersReference"], receiptDocument=receipt)
part = {"title": "Part", "clientInvoiceId": "zeep-sale", "totalAmount": amount("9.45"), "cashierId": "zeep"}
refund = call("refundPayment", till, ersReference=paid["ersReference"], invoice=part)

period = call("markTransactionPeriod", shop, parameters=parameters(TERMINALID=terminal_id))["transactionPeriodId"]
details = report_of("Reconciliation/STD_RECON_007.xml", period, TERMINALID=terminal_id)
summary = report_of("Reconciliation/STD_RECON_006.xml", period, TERMINALID=terminal_id)
call("unregisterTerminal", till)
gone = call("getPaymentStatus", till, invoiceReference=reference, invoiceVersion=0)

print(json.dumps({
    "steps": steps,
    "qrCode": sent["invoiceQRCode"],
    "reference": reference,
    "statuses": [issued["status"], reserved["status"], paid["status"]],
    "paid": str(paid["receipt"]["invoice"]["totalAmount"]["value"]),
    "title": paid["receipt"]["invoice"]["title"],
    "paidAt": paid["receipt"]["paymentDate"].isoformat(),
    "paymentReference": paid["ersReference"],
    "refundReference": refund["ersReference"],
    "terminalId": terminal_id,
    "details": details["contentString"],
    "sameContent": details["content"] == details["contentString"].encode(),
    "summary": summary["contentString"],
    "gone": gone["resultCode"],
}))
