# One whole journey. Paste it into bash at the project's root, line by line or all at once.
IDENTITY={identity} IPR={ipr} COMPLAINTS={complaints} NOTIFICATIONS={notifications} SIMULATOR={simulator}
key() { echo "Idempotency-Key: $({python} -c 'import uuid; print(uuid.uuid4())')"; }
field() { {python} -c 'import functools, json, sys; print(functools.reduce(lambda v, p: v[int(p) if p.lstrip("-").isdigit() else p], sys.argv[1:], json.load(sys.stdin)))' "$@"; }
# The services meet on topics, so that what one has just done reaches the next a moment later: ask again until it fits.
ask() { for _ in $(seq 60); do curl --silent --fail "$@" && return; sleep 0.5; done; curl --silent --show-error "$@"; echo; return 1; }
json() { ask -H 'Content-Type: application/json' -H "$(key)" "$@"; }
ME=owner-$RANDOM$RANDOM@example.org LISTING=$((520000000000 + RANDOM * 32768 + RANDOM))

# An owner registers, verifies the e-mail address with the code that was sent, logs in, and proves who it is.
ACCEPTED=$(ask $IDENTITY/v1/agreements | {python} -c 'import json, sys; print(json.dumps([{k: a[k] for k in ("document", "version", "language", "sha256")} for a in json.load(sys.stdin)["agreements"] if a["language"] == "en"]))')
ACCOUNT=$(json $IDENTITY/v1/accounts -d '{"email": "'$ME'", "password": "correct horse battery", "country": "US", "category": "enterprise", "registrant": "rights_holder", "language": "en", "accepted": '"$ACCEPTED"'}' | field account_id)
for _ in $(seq 60); do CODE=$(curl -s "$SIMULATOR/v1/mailbox?to=$ME" | field -1 code 2>/dev/null) && break; sleep 0.5; done
json $IDENTITY/v1/accounts/$ACCOUNT/email-verification -d '{"code": "'$CODE'"}'; echo
OWNER=$(json $IDENTITY/v1/sessions -d '{"email": "'$ME'", "password": "correct horse battery"}' | field access_token)
ask -X PUT $IDENTITY/v1/accounts/$ACCOUNT/contacts -H "Authorization: Bearer $OWNER" -H 'Content-Type: application/json' -d '{"disclosed": {"name": "Aurelle Goods Ltd", "email": "brand@example.org"}}'; echo

# It agrees, separately, that the merchants complained of are given this contact.
CONSENT=$(ask $IDENTITY/v1/accounts/$ACCOUNT/consents -H "Authorization: Bearer $OWNER" | {python} -c 'import json, sys; print(json.dumps([{"purpose": c["purpose"], "version": c["version"], "language": t["language"], "sha256": t["sha256"]} for c in json.load(sys.stdin)["consents"] if c["purpose"] == "contact-disclosure" for t in c["texts"] if t["language"] == "en"][0]))')
json $IDENTITY/v1/accounts/$ACCOUNT/consents -H "Authorization: Bearer $OWNER" -d "$CONSENT" > /dev/null
ask $IDENTITY/v1/accounts/$ACCOUNT/identity -H "$(key)" -H "Authorization: Bearer $OWNER" -F 'details={"method": "business-licence", "country": "US", "registration_number": "NY-'$RANDOM$RANDOM'", "corporate_name": "Aurelle Goods Ltd", "address": "350 Fifth Avenue, New York", "permanent": true}' -F document=@{files}/licence.png; echo

# The owner registers a trademark with its certificate.
RIGHT=$(ask $IPR/v1/rights -H "$(key)" -H "Authorization: Bearer $OWNER" -F 'submission={"right_type": "trademark", "place": "CN", "name": "Aurelle", "registration_number": "'$RANDOM$RANDOM'", "registrant": "Aurelle Goods Ltd", "expires_on": "2031-12-06", "nice_classes": [25], "brand": "Aurelle"}' -F certificate=@{files}/certificate.png | field right_id)

# An operator adds a reviewer, who verifies the account and authenticates the right.
OPERATOR=$(json $IDENTITY/v1/sessions -d '{"email": "{operator}", "password": "{password}"}' | field access_token)
DESK=reviewer-$RANDOM$RANDOM@example.org
json $IDENTITY/v1/staff -H "Authorization: Bearer $OPERATOR" -d '{"email": "'$DESK'", "password": "looks at everything", "roles": ["reviewer"]}'; echo
REVIEWER=$(json $IDENTITY/v1/sessions -d '{"email": "'$DESK'", "password": "looks at everything"}' | field access_token)
json $IDENTITY/v1/verifications/$ACCOUNT/decision -H "Authorization: Bearer $REVIEWER" -d '{"result": "verified"}'; echo
json $IPR/v1/authentications/$RIGHT/decision -H "Authorization: Bearer $REVIEWER" -d '{"result": "authenticated", "reasons": []}'; echo

# The owner files; one good row, one that is no listing.
FILED=$(json $COMPLAINTS/v1/submissions -H "Authorization: Bearer $OWNER" -d '{"platform": "taobao", "complaint_type": "trademark", "right_id": "'$RIGHT'", "reason": "counterfeit", "listings": [{"url": "https://item.taobao.com/item.htm?id='$LISTING'", "where": ["title"]}, {"url": "https://www.taobao.com/", "where": ["title"]}], "evidence": {"text": "A test purchase shows that the goods do not come from us."}, "statements": ["sincere_belief", "capacity_and_right"]}'); echo "$FILED"
CASE=$(echo "$FILED" | field cases 0 case_id)

# The reviewer takes the case and upholds it: the simulated marketplace takes the listing down, the merchant is told.
json $COMPLAINTS/v1/review/claims -H "Authorization: Bearer $REVIEWER" -d '{"case_ids": ["'$CASE'"]}'; echo
json $COMPLAINTS/v1/cases/$CASE/decision -H "Authorization: Bearer $REVIEWER" -d '{"decision": "uphold"}'; echo

# The merchant opens the link in the notice and answers; the owner accepts, and the listing comes up again.
for _ in $(seq 60); do LINK=$(curl -s "$SIMULATOR/v1/mailbox?case=$CASE" | field -1 link 2>/dev/null) && break; sleep 0.5; done
TOKEN=${LINK#*token=}
ask $COMPLAINTS/v1/merchant/cases/$CASE -H "Authorization: Bearer $TOKEN"; echo
json $COMPLAINTS/v1/cases/$CASE/counter-notification -H "Authorization: Bearer $TOKEN" -d '{"statement": "Bought from the brand itself."}'; echo
json $COMPLAINTS/v1/cases/$CASE/counter-response -H "Authorization: Bearer $OWNER" -d '{"response": "accept"}'; echo

# What is on record, and what was served.
until ask $COMPLAINTS/v1/cases/$CASE -H "Authorization: Bearer $OWNER" | grep -q '"reinstatement":"done"'; do sleep 0.5; done
ask $COMPLAINTS/v1/cases/$CASE -H "Authorization: Bearer $OWNER"; echo
ask "$NOTIFICATIONS/v1/notices?about=$CASE" -H "Authorization: Bearer $OWNER"; echo
{ipp} case $CASE
