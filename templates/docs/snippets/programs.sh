curl -s "$HOST/programs" -H "Authorization: Bearer $TOKEN"

PROGRAM=prg_01m7xnezqjfa8rhkv62mvwwfth
curl -s "$HOST/programs/$PROGRAM/fields" -H "Authorization: Bearer $TOKEN"
