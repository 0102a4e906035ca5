"""The one statement that keeps quotes."""

from widget_host.domain.quotes.models import Quote
from widget_host.kit.together import Given, Together

# Quotes at most that share a statement.
MOST = 8
QUOTE = Together(Given(Quote), most=MOST)
