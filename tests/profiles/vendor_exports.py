"""Invented exports in the shape of four systems; headers as their documentation gives them.

A row names the columns it fills; all others are empty, as in a young account.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, object]

SALESFORCE = {
    "Account": "Id Name Type Industry NumberOfEmployees AnnualRevenue BillingStreet BillingCity "
               "BillingState BillingPostalCode BillingCountry Phone Website ParentId OwnerId "
               "CreatedDate LastModifiedDate IsDeleted",
    "Contact": "Id AccountId Salutation FirstName LastName Title Email Phone MobilePhone Birthdate "
               "MailingStreet MailingCity MailingState MailingPostalCode MailingCountry LeadSource "
               "HasOptedOutOfEmail OwnerId CreatedDate LastModifiedDate IsDeleted",
    "User": "Id FirstName LastName Email Username Department ManagerId IsActive",
    "Product2": "Id Name ProductCode Family StockKeepingUnit Description IsActive",
    "Order": "Id OrderNumber AccountId BillToContactId EffectiveDate Status Type TotalAmount "
             "CreatedDate",
    "OrderItem": "Id OrderId Product2Id Quantity UnitPrice TotalPrice CreatedDate",
    "Opportunity": "Id AccountId ContactId Name StageName Amount Probability CloseDate IsClosed "
                   "IsWon Type LeadSource CampaignId OwnerId CreatedDate LastModifiedDate",
    "OpportunityHistory": "Id OpportunityId StageName Amount Probability CloseDate CreatedById "
                          "CreatedDate",
    "Task": "Id WhoId WhatId OwnerId Subject Description Status Priority TaskSubtype CallType "
            "ActivityDate CreatedDate",
    "Campaign": "Id Name Type Status StartDate EndDate ActualCost BudgetedCost OwnerId CreatedDate",
    "CampaignMember": "Id CampaignId LeadOrContactId Type Status HasResponded FirstRespondedDate "
                      "CreatedDate",
}  # fmt: skip
HUBSPOT = {
    "hubspot-crm-exports-all-contacts-2024-06-30": (
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Job Title,City,"
        "Country/Region,Lifecycle Stage,Lead Status,Contact owner,Associated Company,"
        "Associated Company IDs,Last Activity Date,Create Date"
    ),
    "hubspot-crm-exports-all-companies-2024-06-30": (
        "Record ID,Company name,Company Domain Name,Industry,Number of Employees,Annual Revenue,"
        "Phone Number,City,Country/Region,Company owner,Parent Company,Last Activity Date,"
        "Create Date"
    ),
    "hubspot-crm-exports-all-deals-2024-06-30": (
        "Record ID,Deal Name,Pipeline,Deal Stage,Amount,Deal owner,Associated Company,"
        "Associated Company IDs,Associated Contact,Associated Contact IDs,Last Activity Date,"
        "Close Date,Create Date"
    ),
    "hubspot-crm-exports-all-calls-2024-06-30": (
        "Record ID,Call Title,Call notes,Call direction,Call duration,Call outcome,"
        "Activity assigned to,Activity date,Associated Contact IDs,Associated Company IDs"
    ),
}
ZOHO = {
    "Accounts_001": (
        "Record Id,Account Owner.id,Account Owner,Account Name,Account Type,Industry,Employees,"
        "Annual Revenue,Phone,Website,Parent Account.id,Parent Account,Billing Street,Billing City,"
        "Billing State,Billing Code,Billing Country,Description,Created Time,Modified Time"
    ),
    "Contacts_001": (
        "Record Id,Contact Owner.id,Contact Owner,First Name,Last Name,Account Name.id,"
        "Account Name,Email,Phone,Mobile,Date of Birth,Lead Source,Email Opt Out,Mailing Street,"
        "Mailing City,Mailing State,Mailing Zip,Mailing Country,Description,Created Time,"
        "Modified Time"
    ),
    "Deals_001": (
        "Record Id,Deal Owner.id,Deal Owner,Deal Name,Account Name.id,Account Name,"
        "Contact Name.id,Contact Name,Amount,Stage,Probability (%),Closing Date,Type,Lead Source,"
        "Description,Created Time,Modified Time"
    ),
    "Products_001": (
        "Record Id,Product Name,Product Code,Product Category,Manufacturer,Unit Price,"
        "Product Active,Created Time"
    ),
    "Sales_Orders_001": (
        "Record Id,Subject,Account Name.id,Account Name,Contact Name.id,Contact Name,Status,"
        "Due Date,Grand Total,Created Time"
    ),
    "Ordered_Items_001": (
        "Record Id,Parent ID.id,Product Name.id,Product Name,Quantity,List Price,Discount,Total"
    ),
    "Calls_001": (
        "Record Id,Call Owner.id,Call Owner,Subject,Call Type,Call Start Time,Call Duration,"
        "Contact Name.id,Contact Name,Call Result,Description"
    ),
}
SHOPIFY = {
    "orders_export_1": (
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
        "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
        "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
        "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
        "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,"
        "Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,"
        "Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,"
        "Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,"
        "Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,"
        "Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,"
        "Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,"
        "Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,"
        "Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,"
        "Payment References"
    ),
    "customers_export": (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
        "Default Address Address1,Default Address Address2,Default Address City,"
        "Default Address Province Code,Default Address Country Code,Default Address Zip,"
        "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,"
        "Tax Exempt,Tags"
    ),
}

SALESFORCE_ROWS: dict[str, list[Row]] = {
    "Account": [
        {"Id": "001A1", "Name": "Invented Works", "Industry": "Energy", "NumberOfEmployees": 40,
         "Website": "works.example", "OwnerId": "005U1", "CreatedDate": "2023-01-02T08:00:00.000Z"},
        {"Id": "001A2", "Name": "Invented Mills", "ParentId": "001A1", "OwnerId": "005U2",
         "CreatedDate": "2023-02-02T08:00:00.000Z"},
    ],
    "Contact": [
        {"Id": f"003C{n}", "AccountId": f"001A{n % 2 + 1}", "FirstName": f"Ann{n}",
         "LastName": "Example", "Email": f"ann{n}@example.org",
         "HasOptedOutOfEmail": str(n == 3).lower(),
         "CreatedDate": "2023-03-01T10:00:00.000Z", "LastModifiedDate": "2023-09-01T10:00:00.000Z"}
        for n in range(1, 4)
    ],
    "User": [
        {"Id": "005U1", "LastName": "Example", "Department": "North", "ManagerId": "005U2"},
        {"Id": "005U2", "LastName": "Placeholder", "Department": "North"},
    ],
    "Product2": [
        {"Id": "01tP1", "Name": "Invented pump", "ProductCode": "PU-1", "Family": "Pumps"},
    ],
    "Order": [
        {"Id": "801O1", "OrderNumber": "00000100", "AccountId": "001A1", "BillToContactId": "003C1",
         "EffectiveDate": "2024-03-05", "Status": "Activated", "Type": "Direct"},
    ],
    "OrderItem": [
        {"Id": "802I1", "OrderId": "801O1", "Product2Id": "01tP1", "Quantity": "2.00",
         "UnitPrice": "50.00", "TotalPrice": "100.00", "CreatedDate": "2024-03-05T09:00:00.000Z"},
        {"Id": "802I2", "OrderId": "801O1", "Product2Id": "01tP1", "Quantity": "1.0",
         "UnitPrice": "50.00", "TotalPrice": "45.50", "CreatedDate": "2024-03-05T09:00:00.000Z"},
    ],
    "Opportunity": [
        {"Id": "006D1", "AccountId": "001A1", "ContactId": "003C1", "Name": "Ann1 Example - pump",
         "StageName": "Closed Won", "Amount": "145.50", "Probability": "100",
         "CloseDate": "2024-03-05", "IsClosed": "true", "IsWon": "true", "OwnerId": "005U1",
         "CreatedDate": "2024-01-05T09:00:00.000Z"},
        {"Id": "006D2", "AccountId": "001A2", "StageName": "Negotiation/Review", "Amount": "900",
         "Probability": "60", "CloseDate": "2025-01-31", "IsClosed": "false", "IsWon": "false",
         "OwnerId": "005U2", "CreatedDate": "2024-02-05T09:00:00.000Z"},
    ],
    "OpportunityHistory": [
        {"Id": "008H1", "OpportunityId": "006D1", "StageName": "Prospecting",
         "CreatedDate": "2024-01-05T09:00:00.000Z"},
        {"Id": "008H2", "OpportunityId": "006D1", "StageName": "Closed Won",
         "CreatedDate": "2024-03-05T09:00:00.000Z"},
    ],
    "Task": [
        {"Id": "00TT1", "WhoId": "003C1", "Subject": "Call", "Description": "Invented call note",
         "TaskSubtype": "Call", "CallType": "Inbound", "CreatedDate": "2024-02-01T09:00:00.000Z"},
        {"Id": "00TT2", "WhoId": "003C2", "Subject": "To do", "TaskSubtype": "Task",
         "CreatedDate": "2024-02-02T09:00:00.000Z"},
    ],
    "Campaign": [
        {"Id": "701K1", "Name": "Invented fair", "Type": "Conference", "StartDate": "2024-04-01",
         "EndDate": "2024-04-03", "CreatedDate": "2024-01-01T09:00:00.000Z"},
    ],
    "CampaignMember": [
        {"Id": "00vM1", "CampaignId": "701K1", "LeadOrContactId": "003C1", "Type": "Contact",
         "Status": "Responded", "HasResponded": "true", "FirstRespondedDate": "2024-04-02",
         "CreatedDate": "2024-03-20T09:00:00.000Z"},
    ],
}  # fmt: skip
HUBSPOT_ROWS: dict[str, list[Row]] = {
    "contacts": [
        {"Record ID": 100 + n, "First Name": f"Bo{n}", "Last Name": "Example",
         "Email": f"bo{n}@example.org", "Contact owner": "Kim Placeholder",
         "Associated Company IDs": 900, "Create Date": "2024-03-12 09:14"}
        for n in range(1, 4)
    ],
    "companies": [
        {"Record ID": 900, "Company name": "Invented Labs", "Company Domain Name": "labs.example",
         "Industry": "RESEARCH", "Number of Employees": 12, "Company owner": "Kim Placeholder",
         "Create Date": "2024-03-11 09:14"},
    ],
    "deals": [
        {"Record ID": 700, "Deal Name": "Bo1 Example - retainer", "Deal Stage": "Closed Lost",
         "Amount": "1200", "Deal owner": "Kim Placeholder", "Associated Company IDs": 900,
         "Associated Contact": "Bo1 Example", "Associated Contact IDs": 101,
         "Close Date": "2024-05-30 12:00", "Create Date": "2024-04-01 08:00"},
        {"Record ID": 701, "Deal Name": "Labs - more", "Deal Stage": "Contract Sent",
         "Amount": "", "Deal owner": "Kim Placeholder", "Associated Company IDs": 900,
         "Close Date": "2024-12-31 12:00", "Create Date": "2024-05-01 08:00"},
    ],
    "calls": [
        {"Record ID": 500, "Call Title": "Invented call", "Call notes": "Invented note",
         "Call direction": "Outbound", "Activity assigned to": "Kim Placeholder",
         "Activity date": "2024-04-02 10:30", "Associated Contact IDs": 101},
    ],
}  # fmt: skip
ZOHO_ROWS: dict[str, list[Row]] = {
    "Accounts": [
        {"Record Id": "zcrm_41", "Account Owner.id": "zcrm_1", "Account Owner": "Kim Placeholder",
         "Account Name": "Invented Farms", "Industry": "Agriculture", "Employees": 7,
         "Website": "farms.example", "Created Time": "2024-01-03 10:00:00",
         "Modified Time": "2024-01-03 10:00:00"},
    ],
    "Contacts": [
        {"Record Id": f"zcrm_5{n}", "Contact Owner.id": "zcrm_1",
         "Contact Owner": "Kim Placeholder",
         "First Name": f"Cy{n}", "Last Name": "Example", "Account Name.id": "zcrm_41",
         "Account Name": "Invented Farms", "Email": f"cy{n}@example.org",
         "Email Opt Out": ("false", "true")[n % 2], "Created Time": "2024-01-04 10:00:00",
         "Modified Time": "2024-02-04 10:00:00"}
        for n in range(1, 4)
    ],
    "Deals": [
        {"Record Id": "zcrm_61", "Deal Owner.id": "zcrm_1", "Deal Name": "Cy1 Example - seed",
         "Account Name.id": "zcrm_41", "Contact Name.id": "zcrm_51", "Contact Name": "Cy1 Example",
         "Amount": "350.00", "Stage": "Closed Won", "Probability (%)": "100",
         "Closing Date": "2024-03-01", "Created Time": "2024-02-01 10:00:00"},
    ],
    "Products": [
        {"Record Id": "zcrm_71", "Product Name": "Invented seed", "Product Code": "SE-1",
         "Product Category": "Seeds", "Unit Price": "3.50", "Product Active": "true"},
    ],
    "Sales_Orders": [
        {"Record Id": "zcrm_81", "Subject": "Order of Cy1 Example", "Account Name.id": "zcrm_41",
         "Contact Name.id": "zcrm_51", "Contact Name": "Cy1 Example", "Status": "Delivered",
         "Due Date": "2024-03-10", "Grand Total": "33.25", "Created Time": "2024-03-02 10:00:00"},
    ],
    "Ordered_Items": [
        {"Record Id": "zcrm_91", "Parent ID.id": "zcrm_81", "Product Name.id": "zcrm_71",
         "Product Name": "Invented seed", "Quantity": "10", "List Price": "3.50",
         "Discount": "1.75", "Total": "33.25"},
    ],
    "Calls": [
        {"Record Id": "zcrm_31", "Subject": "Invented call", "Call Type": "Inbound",
         "Call Start Time": "2024-03-03 10:00:00", "Contact Name.id": "zcrm_51",
         "Contact Name": "Cy1 Example", "Description": "Invented note"},
        {"Record Id": "zcrm_32", "Subject": "Missed", "Call Type": "Missed",
         "Call Start Time": "2024-03-04 10:00:00", "Contact Name.id": "zcrm_51"},
    ],
}  # fmt: skip
SHOPIFY_ROWS: dict[str, list[Row]] = {
    "orders": [
        {"Name": "#1001", "Email": "dee1@example.org", "Financial Status": "paid",
         "Paid at": "2024-05-01 10:00:10 +0200", "Fulfilled at": "2024-05-02 09:00:00 +0200",
         "Currency": "USD", "Total": "52.00", "Created at": "2024-05-01 10:00:00 +0200",
         "Lineitem quantity": 2, "Lineitem name": "Invented lamp - red", "Lineitem price": "20.00",
         "Lineitem sku": "LA-1", "Lineitem discount": "0.00", "Billing Name": "Dee1 Example",
         "Vendor": "Invented Light", "Id": 5500001, "Source": "web"},
        {"Name": "#1001", "Email": "dee1@example.org", "Lineitem quantity": 1,
         "Lineitem name": "Invented bulb", "Lineitem price": "15.00", "Lineitem discount": "3.00",
         "Vendor": "Invented Light", "Created at": "2024-05-01 10:00:00 +0200"},
        {"Name": "#1002", "Email": "dee2@example.org", "Financial Status": "pending",
         "Currency": "USD", "Total": "15.00", "Created at": "2024-05-03 10:00:00 +0200",
         "Lineitem quantity": 1, "Lineitem name": "Invented bulb", "Lineitem price": "15.00",
         "Lineitem discount": "0.00", "Vendor": "Invented Light", "Id": 5500002, "Source": "pos"},
    ],
    "customers": [
        {"Customer ID": f"'{7000 + n}", "First Name": f"Dee{n}", "Last Name": "Example",
         "Email": f"dee{n}@example.org", "Accepts Email Marketing": "no"}
        for n in range(1, 4)
    ],
}  # fmt: skip

VENDORS = {
    "salesforce": (SALESFORCE, SALESFORCE_ROWS),
    "hubspot": (HUBSPOT, HUBSPOT_ROWS),
    "zoho_crm": (ZOHO, ZOHO_ROWS),
    "shopify": (SHOPIFY, SHOPIFY_ROWS),
}


def header_of(vendor: str, file: str) -> list[str]:
    """Return the header of a vendor's file."""
    told = VENDORS[vendor][0][file]
    return told.split(",") if "," in told else told.split()


def write_vendor(folder: Path, vendor: str) -> list[Path]:
    """Write a vendor's export and return its files."""
    folder.mkdir(parents=True, exist_ok=True)
    headers, rows = VENDORS[vendor]
    paths = []
    for file in headers:
        own = rows.get(file) or next(own for name, own in rows.items() if name in file)
        path = folder / f"{file}.csv"
        with path.open("w", encoding="utf-8", newline="") as written:
            writer = csv.DictWriter(written, header_of(vendor, file), restval="")
            writer.writeheader()
            writer.writerows(own)
        paths.append(path)
    return paths
