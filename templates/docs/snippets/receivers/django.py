import json
import os

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

SECRET = os.environ["WEBHOOK_SECRET"]


@csrf_exempt
@require_POST
def hook(request):
    timestamp, signature = request.headers.get("x-timestamp", ""), request.headers.get("x-signature", "")
    if not is_genuine(SECRET, timestamp, signature, request.body):
        return HttpResponse(status=401)
    keep_once(json.loads(request.body))
    return HttpResponse(status=204)
