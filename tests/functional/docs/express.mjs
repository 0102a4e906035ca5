// As much of Express as the page's receiver asks for, upon node:http.
import { createServer } from "node:http";

export default function express() {
  const routes = new Map();
  const server = createServer(async (request, response) => {
    request.get = (name) => request.headers[name.toLowerCase()];
    response.status = (code) => Object.assign(response, { statusCode: code });
    const [middleware, handler] = routes.get(`${request.method} ${request.url}`);
    await middleware(request);
    handler(request, response);
  });
  return {
    post: (path, ...handlers) => routes.set(`POST ${path}`, handlers),
    listen: (port, listening) => server.listen(port, "127.0.0.1", listening),
  };
}

express.raw = () => async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  request.body = chunks.length ? Buffer.concat(chunks) : {};
};
